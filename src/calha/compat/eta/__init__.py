"""ETA flow: the API that its collector, importer and pages use, and the MQTT topics of its gateway.

`place` says where it stands in Calha, `door` who may come in. `plant`, `people`, `measurements`, `listing`, `curves`,
`analysis` and `reports` are its routes; what is arithmetic only is in `ids`, `filters` and `outliers`. `old_database` and
`carry_over` bring its database over. Words of the wire are Portuguese, as they are there.
"""
