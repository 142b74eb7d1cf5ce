"""The same as `pipeline clean` on a cluster: spark-submit jobs/clean.py -c conf/house_prices.yaml"""

import sys

from pipeline.cli import main

if __name__ == "__main__":
    sys.exit(main(["clean", *sys.argv[1:]]))
