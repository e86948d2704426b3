using System.Globalization;
using System.Net;
using Postroom.Relay.Dns;

namespace Postroom.Configuration;

/// <summary>Whom DNS is asked of.</summary>
internal static class DnsKeys
{
    private const string T = "dns";
    private const int Port = 53;

    public static readonly Setting<IReadOnlyList<string>> Servers = new(T, "servers", SettingTypes.List, [],
        "Who is asked, in this order: addresses, with a port where it is not 53 (`[\"127.0.0.1:5353\"]`), three at "
            + "most. Without it, or empty: those of the system.");

    public static Setting[] All => [Servers];

    public static DnsSettings Of(TableValues? t) => t is null ? DnsSettings.System
        : new DnsSettings([.. t.Get(Servers).Select(ServerOf).OfType<IPEndPoint>()]);

    public static IEnumerable<Mistake> Check(TableValues t)
    {
        var written = t.Get(Servers);
        foreach (var server in written)
            if (ServerOf(server) is null)
                yield return new Mistake(t.PlaceOf(Servers), $"servers: \"{server}\" is no address",
                    "write one like \"192.0.2.53\", \"127.0.0.1:5353\" or \"[::1]:5353\"; a name would have to be "
                        + "asked of DNS first");
        if (written.Count > DnsAsker.MostServers)
            yield return new Mistake(t.PlaceOf(Servers), string.Create(CultureInfo.InvariantCulture,
                $"servers: {written.Count} are named, and {DnsAsker.MostServers} are asked at most"),
                "leave the nearest there");
    }

    // "53" is an address for the platform, and for nobody else.
    private static IPEndPoint? ServerOf(string text) =>
        IPEndPoint.TryParse(text, out var server) && server.Port is var port
            && text.Contains(server.Address.ToString(), StringComparison.OrdinalIgnoreCase)
            ? port == 0 ? new IPEndPoint(server.Address, Port) : server : null;
}
