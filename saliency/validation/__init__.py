"""Whether a derivative can be believed: differences, noise, nudges, the trust card."""
