//! How the C library's allocator treats the large buffers of this program.

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
