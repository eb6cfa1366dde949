"""Runs a suite: plans, executes, judges, reports; and what else changes a store (import, record, rerun)."""
