"""/reconcile: the Reconciliation Service API 0.2, by which OpenRefine and others match their tables with our things.

`service.Service` answers; `described` is its part of the description at /openapi.json. What is in `service` is loaded
when somebody reconciles: the matcher needs rdflib, which the server does without until then.

Source: Reconciliation Service API v0.2, Final Community Group Report of 2023-04-10, W3C Entity Reconciliation Community
Group, https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/
"""
