"""A parametric generator of human motion: the clips in assets/clips, made without any recorded data.

    python -m engine.data.builtin_clips assets/clips

writes them again. body: the body and its joint angles; curves: what they follow; feet: how feet stand and
step; gait: walking and running; clips: who does what.
"""
