"""What several pages are built of: controls, navigation, ids, the address, plots."""
