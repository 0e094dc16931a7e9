"""Thirty promises of a dashboard on an intranet, each with the test that holds it; README.md is made of them."""
