"""The same as `pipeline doctor` on a cluster: spark-submit jobs/doctor.py -c conf/house_prices.yaml"""

import sys

from pipeline.cli import main

if __name__ == "__main__":
    sys.exit(main(["doctor", *sys.argv[1:]]))
