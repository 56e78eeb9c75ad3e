#!/usr/bin/env python3
"""The power of ext4, xfs and exFAT drives is cut at many random moments."""
import harness
import power_cut
from drives import ExfatDrive, PowerCutDrive


def ext4_loses_power(shop):
    power_cut.cut_often(shop, PowerCutDrive(shop, "ext4"), 60)


def xfs_loses_power(shop):
    power_cut.cut_often(shop, PowerCutDrive(shop, "xfs"), 60)


def exfat_loses_power(shop):
    power_cut.cut_often(shop, ExfatDrive(shop), 60)


harness.main(ext4_loses_power, xfs_loses_power, exfat_loses_power)
