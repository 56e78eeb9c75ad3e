#!/usr/bin/env python3
"""The power of an ext4 and an xfs drive is cut at a few random moments."""
import harness
import power_cut
from drives import PowerCutDrive


def ext4_loses_power(shop):
    power_cut.cut_often(shop, PowerCutDrive(shop, "ext4"), 4)


def xfs_loses_power(shop):
    power_cut.cut_often(shop, PowerCutDrive(shop, "xfs"), 4)


harness.main(ext4_loses_power, xfs_loses_power)
