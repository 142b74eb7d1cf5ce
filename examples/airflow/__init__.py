"""A nightly schedule: `nightly.py` and `verdicts.py` belong side by side in Airflow's DAGs folder."""
