"""The bake of the mannequin: from anny's licence-free people to a body in SMPL's layout.

Needs the packages of the extra `bake`; nothing here is imported when the program runs. Axes are SMPL's throughout:
x to the left, y up, z forwards; metres.
"""
