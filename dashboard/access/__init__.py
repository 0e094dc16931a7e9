"""Who may do what: roles, the guard before everything, users, sessions, sign-on, audit."""
