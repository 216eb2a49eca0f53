//! How the C library's allocator treats the large buffers of this program.

use std::alloc::{GlobalAlloc, Layout, System};

/// Buffers from this size on are mapped and unmapped one by one.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const MAPPED_FROM: libc::c_int = 1 << 20;

/// Has frames and feature maps go back to the system as soon as they are dropped.
///
/// glibc raises the size from which it maps buffers one by one each time such a buffer is freed, up to
/// 32 MiB; frames then come out of heaps that only grow, one to each thread, and memory creeps up over an
/// hour of video (docs/performance.md). A fixed size ends that. Elsewhere nothing is done.
pub fn return_large_buffers() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        #[expect(unsafe_code, reason = "the allocator's setting is a C function")]
        // SAFETY: takes two numbers by value, may be called at any time from any thread, and holds the
        // allocator's own lock; a refusal (0) leaves things as they were.
        let _ = unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, MAPPED_FROM) };
    }
}

/// Gives back what is free between the buffers in use: worth it after a burst, such as loading models, before a long rest.
pub fn return_free_pages() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        #[expect(unsafe_code, reason = "the allocator's housekeeping is a C function")]
        // SAFETY: takes a number by value, may be called at any time from any thread, and holds the allocator's own
        // locks; whether anything was released does not matter.
        let _ = unsafe { libc::malloc_trim(0) };
    }
}

/// The system's allocator, but that buffers of some size begin at a cache line: half of all loads and stores of 32 bytes
/// would straddle two lines otherwise, and all of 64, which takes twice as long. Large ones get large pages where the
/// system has them to spare: a frame and its feature maps are some thousand pages of 4 KiB, each of which costs a fault.
struct AtCacheLines;

#[global_allocator]
static HEAP: AtCacheLines = AtCacheLines;

/// Bytes from which on large pages are asked for: two of them.
const LARGE: usize = 2 * LARGE_PAGE;
/// Where such a buffer begins: anywhere else as much as a page of it at each end would be in small ones.
const LARGE_PAGE: usize = if cfg!(target_os = "linux") { 2 << 20 } else { LINE };

/// Asks for large pages under a buffer that was just got.
fn in_large_pages(from: *mut u8, size: usize) -> *mut u8 {
    #[cfg(target_os = "linux")]
    if size >= LARGE && !from.is_null() {
        const PAGE: usize = 4096;
        let before = from.addr() % PAGE;
        #[expect(unsafe_code, reason = "advice to the kernel is a C function")]
        // SAFETY: the pages that hold the buffer are the allocator's and stay mapped; the advice changes no content, and
        // a refusal leaves things as they were.
        let _ = unsafe { libc::madvise(from.wrapping_sub(before).cast(), size + before, libc::MADV_HUGEPAGE) };
    }
    #[cfg(not(target_os = "linux"))]
    let _ = size;
    from
}

/// Bytes of a cache line.
const LINE: usize = 64;
/// Bytes from which on a buffer is worth it: sixteen lines.
const WORTH: usize = 1024;

/// The layout that is really asked for. It depends on nothing but the layout, so that a buffer is given back as it was got.
fn at_lines(layout: Layout) -> Layout {
    let alignment = match layout.size() {
        ..WORTH => return layout,
        WORTH..LARGE => LINE,
        LARGE.. => LARGE_PAGE,
    };
    layout.align_to(alignment).unwrap_or(layout)
}

#[expect(unsafe_code, reason = "an allocator's interface")]
// SAFETY: all is handed to the system's allocator, a buffer's layout changed in the same way each time; a layout of larger
// alignment and the same size fits wherever the original would.
unsafe impl GlobalAlloc for AtCacheLines {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises of `layout`.
        in_large_pages(unsafe { System.alloc(at_lines(layout)) }, layout.size())
    }

    unsafe fn dealloc(&self, from: *mut u8, layout: Layout) {
        // SAFETY: got by one of the others with the same layout.
        unsafe { System.dealloc(from, at_lines(layout)) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises of `layout`; what `alloc` got holds as many bytes.
        unsafe {
            if layout.size() < WORTH {
                return System.alloc_zeroed(layout);
            }
            // The system's would clear an aligned buffer too, before anybody could ask for large pages.
            let to = self.alloc(layout);
            if !to.is_null() {
                to.write_bytes(0, layout.size());
            }
            to
        }
    }

    unsafe fn realloc(&self, from: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller promises that the size, rounded up to the alignment, is no overflow; both buffers hold the
        // bytes that are copied; the old one was got by one of the others with this layout.
        unsafe {
            if layout.size().max(size) < WORTH {
                return System.realloc(from, layout, size);
            }
            let to = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !to.is_null() {
                from.copy_to_nonoverlapping(to, layout.size().min(size));
                self.dealloc(from, layout);
            }
            to
        }
    }
}
