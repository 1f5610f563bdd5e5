"""Every option of an import: what it means (``wishes``), its field (``settings``), and an API that is described."""
