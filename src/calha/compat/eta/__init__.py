"""ETA flow: the API that its collector, importer and pages use, and the MQTT topics of its gateway.

`place` says where it stands in Calha, `door` who may come in. `plant`, `people`, `measurements`, `history` and `reports` are
its routes; what is arithmetic only is in `numbers`, `filters` and `outliers`. Words of the wire are Portuguese, as they are
there.
"""
