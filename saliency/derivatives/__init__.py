"""The derivatives themselves: Jacobians of pixels and regions, columns, guidance images, the fused image."""
