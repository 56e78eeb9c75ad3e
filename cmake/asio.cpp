// Boost.Asio compiled once, for every program and library of the project (see cmake/targets.cmake).
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
