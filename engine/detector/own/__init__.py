"""A person's own ONNX file: its layout recognised by its inputs and outputs."""
