"""The same as `pipeline plan` on a cluster: spark-submit jobs/plan.py -c conf/house_prices.yaml"""

import sys

from pipeline.cli import main

if __name__ == "__main__":
    sys.exit(main(["plan", *sys.argv[1:]]))
