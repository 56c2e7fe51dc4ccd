"""Pictures from noise, level by level (LAPGAN)."""
