"""Number formats, intrinsics, tracing of scalar functions, and generated kernels."""
