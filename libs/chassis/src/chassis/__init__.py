"""How every process starts, reads its settings, logs, traces, answers problems, reports health and stops."""
