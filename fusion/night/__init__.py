"""A street at night and the two cameras that look at it: what `fusion.nightscene` is made of."""
