"""A page to play with a served model; on the command line `python -m serving.studio`.

It talks to the model's server alone: nothing is loaded from elsewhere.
"""

import os

# Gradio calls home otherwise; it reads these when it is imported.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
