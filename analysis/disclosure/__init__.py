"""What of a release may leave the building: small counts suppressed so that nothing shown gives them back.

`cells`: counts and how they add up. `relations`, `overlaps`: the counts of a release, and what a reader knows of how they hang together
within a table and across tables. `attacker`: what a reader can work out of a suppressed count. `suppress`: which counts are left out.
`curves`: survival curves with steps of many patients. `judge`: all of it for one release. `tables`, `figures`: what leaves.
"""
