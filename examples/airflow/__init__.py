"""A nightly schedule in Airflow: `nightly.py` and `verdicts.py` belong in Airflow's DAGs folder, side by side."""
