"""The same as `pipeline score` on a cluster: spark-submit jobs/score.py -c conf/house_prices.yaml"""

import sys

from pipeline.cli import main

if __name__ == "__main__":
    sys.exit(main(["score", *sys.argv[1:]]))
