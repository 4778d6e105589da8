"""OPC UA: Calha as a client that reads variables of PLCs and other servers.

`service` keeps a `link` for each connection that an engineer has made; a link opens a `session`, has its nodes
reported by a `subscription` (or asks by `polling`), turns what comes (`wire`, `values`) into readings and hands them to
its `outbox`, which gets them into the log. `browse` walks through a server's address space. asyncua is loaded with the
first session only.
"""
