"""Faults that a service started with ``--faults`` is asked for, said briefly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.service_process import ServiceProcess

NO_CREDIT = {"fault": "status", "status": 402, "body": "Account balance too low. Please add credits to continue."}
NOT_ALLOWED = {"fault": "status", "status": 403, "body": "Insufficient permissions to Create Batches"}
BUSY = {
    "fault": "status",
    "status": 429,
    "body": {"error": "too_many_requests", "message": "Too many uploads are waiting.", "retry_after_seconds": 30},
    "retry_after": 60,
}
AT_CAPACITY = {
    "fault": "status",
    "status": 429,
    "body": "Insufficient capacity for 1h completion window. The following models are currently at capacity: echo."
    " Try again later or use a longer completion window.",
}
UNVERIFIED = {
    "fault": "status",
    "status": 429,
    "body": "Unverified accounts can submit at most 24000 request(s) per 24h completion window.",
}
RATE_LIMITED = {
    "fault": "status",
    "status": 429,
    "body": {"error": {"message": "Rate limit exceeded", "type": "rate_limit", "code": "rate_limit", "param": None}},
}
UNAVAILABLE = {
    "fault": "status",
    "status": 503,
    "body": {"error": "service_unavailable", "message": "Try again later.", "retry_after_seconds": 30},
    "retry_after": 30,
}
EDGE = {
    "fault": "status",
    "status": 520,
    "body": "<html><title>520: Web server is returning an unknown error</title></html>",
    "headers": {"Content-Type": "text/html; charset=UTF-8"},
}


def add_fault(service: ServiceProcess, call: str, fault: Mapping[str, Any] | str, **options: Any) -> None:
    """Add a rule: a fault by its name or one of those above, and its options."""
    named = {"fault": fault} if isinstance(fault, str) else fault
    with service.http() as http:
        http.post(_url(service), json={"call": call, **named, **options}).raise_for_status()


def list_faults(service: ServiceProcess) -> list[dict[str, Any]]:
    """The rules, each with how often it has acted."""
    with service.http() as http:
        found: list[dict[str, Any]] = http.get(_url(service)).raise_for_status().json()["data"]
        return found


def clear_faults(service: ServiceProcess) -> None:
    """Remove all rules."""
    with service.http() as http:
        http.delete(_url(service)).raise_for_status()


def _url(service: ServiceProcess) -> str:
    return service.base_url.removesuffix("/v1") + "/admin/faults"
