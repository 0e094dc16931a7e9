"""Other answers to why a pixel has its value: integrated gradients, SmoothGrad, local attribution."""
