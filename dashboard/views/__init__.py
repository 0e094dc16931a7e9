"""What several pages answer about a pair through a network."""
