"""SMPL parameters in the layouts of datasets and body estimators."""
