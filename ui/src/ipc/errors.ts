// A command rejects with a CommandError; anything else is a fault of this program.
import type { CommandError, ErrorCode } from "./bindings";

const CODES: Record<ErrorCode, true> = {
  notFound: true, notReadable: true, unsupported: true, alreadyThere: true, busy: true, cancelled: true, storage: true, setup: true, invalid: true, internal: true,
};

export function commandError(error: unknown): CommandError {
  if (typeof error === "object" && error !== null && "code" in error && String(error.code) in CODES) {
    const e = error as CommandError;
    return { code: e.code, message: e.message, path: e.path ?? null };
  }
  return { code: "internal", message: error instanceof Error ? error.message : String(error), path: null };
}
