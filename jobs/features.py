"""The same as `pipeline features` on a cluster: spark-submit jobs/features.py -c conf/house_prices.yaml"""

import sys

from pipeline.cli import main

if __name__ == "__main__":
    sys.exit(main(["features", *sys.argv[1:]]))
