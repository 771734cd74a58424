"""A result as text: the table, the comparison of two runs."""
