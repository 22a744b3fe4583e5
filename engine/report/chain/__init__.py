"""The whole chain from a picture to a pose, on people whose truth is known: what the detector costs."""
