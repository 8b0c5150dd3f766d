"""Federated averaging: many clients with rows and devices of their own train one model."""
