//! What a fuzz target is to libFuzzer: one exported function. clang's own runtime is linked, as
//! tests/soak says, so no crate is needed for it.

/// The bytes that libFuzzer hands over.
///
/// # Safety
/// `data` points to `len` bytes that nobody changes during the call, as libFuzzer promises.
pub unsafe fn input<'a>(data: *const u8, len: usize) -> &'a [u8] {
    match len {
        0 => &[],
        _ => unsafe { std::slice::from_raw_parts(data, len) },
    }
}

/// Makes a function of `&[u8]` what libFuzzer calls. It panics where something is wrong.
#[macro_export]
macro_rules! target {
    ($run:path) => {
        #[unsafe(no_mangle)]
        unsafe extern "C" fn LLVMFuzzerTestOneInput(data: *const u8, len: usize) -> i32 {
            $run(unsafe { $crate::input(data, len) });
            0
        }
    };
}
