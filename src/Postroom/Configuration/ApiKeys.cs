using System.Net;

namespace Postroom.Configuration;

/// <summary>The settings of the API on TCP.</summary>
internal static class ApiKeys
{
    private const string T = "api";
    private static readonly ApiSettings Plain = new((IPEndPoint?)null);

    public static readonly Setting<string?> Address = new(T, "address", SettingTypes.Text, ApiSettings.DefaultAddress,
        "Where the API is served, beside `api.sock` in the data folder: an address and port, or `off`. Who asks there "
            + "shows a token of `postroom token create`.");
    public static readonly Setting<bool> Tls = new(T, "tls", SettingTypes.Switch, Plain.Tls,
        "TLS from the first octet. Off loopback it has to be on.");
    public static readonly Setting<string?> Certificate = new(T, "certificate", SettingTypes.Path, null,
        "A PEM file with the certificate chain; one renewed under its name is shown after `postroom reload`. Without "
            + "it the self-made certificate of the listeners is shown.");
    public static readonly Setting<string?> Key =
        new(T, "key", SettingTypes.Path, null, "The PEM file with its private key.");
    public static readonly Setting<IReadOnlyList<string>> Hosts = new(T, "hosts", SettingTypes.List, Plain.Hosts,
        "Names under which it may be asked (the Host field), besides its address, `localhost` and `hostname`. Any "
            + "other is refused: so that no page in a browser reaches it by a name of its own.");
    public static readonly Setting<int> Rate = new(T, "requests_per_second", SettingTypes.Whole(1, 100_000), Plain.Rate,
        "Requests a second that one token may go on with, after twice as many at once; more get 429. A tenth of it "
            + "for whoever shows no token.");
    public static readonly Setting<long> MessageSize = new(T, "message_size", SettingTypes.Size, Plain.MessageSize,
        "The largest mail that is handed over by `POST /api/v1/messages`.");

    public static Setting[] All => [Address, Tls, Certificate, Key, Hosts, Rate, MessageSize];

    /// <summary>What a table says; the defaults where there is none.</summary>
    public static ApiSettings SettingsOf(TableValues? t)
    {
        if (t is null)
            return Plain with { Address = IPEndPoint.Parse(ApiSettings.DefaultAddress) };
        return new ApiSettings(PlaceOf(t))
        {
            IsWritten = t.IsWritten(Address),
            Tls = t.Get(Tls),
            CertificateFile = t.Get(Certificate),
            KeyFile = t.Get(Key),
            Hosts = t.Get(Hosts),
            Rate = t.Get(Rate),
            MessageSize = t.Get(MessageSize),
        };
    }

    public static IEnumerable<Mistake> Check(TableValues table, ApiSettings api)
    {
        var place = table.PlaceOf(Address);
        if (api.Address is null && table.Get(Address) != "off")
            yield return new Mistake(place, $"address: \"{table.Get(Address)}\" is not a place to listen at",
                "write an address and port like \"127.0.0.1:8025\", or \"off\"");
        if (api.Address is { } at && !IPAddress.IsLoopback(at.Address) && !api.Tls)
            yield return new Mistake(place, $"address: {at} can be reached from other machines, and tokens would "
                + "cross the network in the clear", "write tls = true, or listen on 127.0.0.1");
        if (api.CertificateFile is null != api.KeyFile is null)
            yield return new Mistake(place, "certificate and key go together",
                "give both, or neither for the self-made one");
        foreach (var setting in new[] { Certificate, Key })
            if (table.Get(setting) is { } file && !File.Exists(file))
                yield return new Mistake(table.PlaceOf(setting), $"{setting.Key}: there is no file {file}");
        foreach (var host in api.Hosts)
            if (Uri.CheckHostName(host) == UriHostNameType.Unknown)
                yield return new Mistake(table.PlaceOf(Hosts), $"hosts: \"{host}\" is no host name",
                    "write the name alone, without https:// and port");
    }

    private static IPEndPoint? PlaceOf(TableValues t) =>
        t.Get(Address) is { } text && CrossChecks.IsEndPoint(text) ? IPEndPoint.Parse(text) : null;
}
