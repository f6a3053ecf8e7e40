// Everything a program needs: contracts, handlers, the app with its doors, entities. An umbrella.
#pragma once

#include <pando/app.hpp>
#include <pando/entities.hpp>
