// The command line: markers, what can be typed, where it runs, how it shows. An umbrella.
#pragma once

#include <pando/cli/backend.hpp>
#include <pando/cli/command_line.hpp>
#include <pando/cli/completion.hpp>
#include <pando/cli/describe.hpp>
#include <pando/cli/help.hpp>
#include <pando/cli/markers.hpp>
#include <pando/cli/parse.hpp>
#include <pando/cli/render.hpp>
#include <pando/cli/run.hpp>
#include <pando/cli/socket_backend.hpp>
#include <pando/cli/terminal.hpp>
#include <pando/contract.hpp>
