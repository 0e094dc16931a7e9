"""What a fusion method is: registered, loaded, run, compared with trivial rules."""
