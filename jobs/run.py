"""The same as `pipeline run` on a cluster: spark-submit jobs/run.py -c conf/house_prices.yaml"""

import sys

from pipeline.cli import main

if __name__ == "__main__":
    sys.exit(main(["run", *sys.argv[1:]]))
