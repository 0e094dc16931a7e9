"""Requests and answers: security, WebSocket, messages, parameters."""
