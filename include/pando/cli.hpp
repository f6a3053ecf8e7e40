// The command line: markers, and what runs commands from an app's description. An umbrella.
#pragma once

#include <pando/cli/markers.hpp>
#include <pando/cli/run.hpp>
#include <pando/contract.hpp>
