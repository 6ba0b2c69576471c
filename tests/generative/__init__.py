"""Random exports whose patients hug every threshold, and the comparison of two readings of them."""
