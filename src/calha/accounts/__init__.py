"""Accounts: how people, programs and devices prove who they are. The rules; `store.accounts` has the tables."""
