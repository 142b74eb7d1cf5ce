"""The same as `pipeline promote` on a cluster: spark-submit jobs/promote.py -c conf/house_prices.yaml"""

import sys

from pipeline.cli import main

if __name__ == "__main__":
    sys.exit(main(["promote", *sys.argv[1:]]))
