"""What happens: signing in, agreeing, issuing, signing out, delivering logouts, registering tools, rotating keys.

Owns the order of things and the rules that need a store or the hub. Each flow is a frozen dataclass whose fields are what it needs.
Owns no wire format and no page: it takes and returns the core's types and raises the core's errors. The decision what comes next is not
made here either but in `core/next_step.py`; `judging.py` only gathers what the judge looks at.
"""
