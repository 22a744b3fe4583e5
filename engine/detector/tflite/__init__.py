"""TFLite networks as ONNX: what the published networks of people need, and no more."""
