using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Relay.Maildirs;

namespace Postroom.Configuration.Maildirs;

/// <summary>Where captured mail is written for readers of mail.</summary>
internal static class MaildirKeys
{
    private const string T = "maildir";

    public static readonly Setting<string?> Name = new(T, "name", SettingTypes.Text, null,
        "By which it is remembered how far it is: under another name all that is captured is looked at again.")
    {
        Required = true,
    };
    public static readonly Setting<string?> Folder = new(T, "folder", SettingTypes.Path, null,
        "The Maildir, made where it is missing; the service has to be let write there.") { Required = true };
    public static readonly Setting<string?> Of = new(T, "of", SettingTypes.Text, null,
        "Which captured mail: the language of `postroom search`, and of it what never changes: "
            + $"{Lasting.Names}. Without it: all.");
    public static readonly Setting<IReadOnlyList<string>> Listeners = new(T, "listeners", SettingTypes.List, [],
        "Mail that came in at these listeners, by name. Without it: at any.");
    public static readonly Setting<bool> PerBox = new(T, "per_box", SettingTypes.Switch, false,
        "`true`: a subfolder `.run42` for each box, as Maildir++ has it.");
    public static readonly Setting<bool> ForGroup = new(T, "for_group", SettingTypes.Switch, false,
        "`true`: folders 0770 and files 0640, for a mail server of the same group; else 0700 and 0600.");

    public static Setting[] All => [Name, Folder, Of, Listeners, PerBox, ForGroup];

    public static IReadOnlyList<MaildirSettings> SettingsOf(IEnumerable<TableValues> tables) =>
        [.. tables.Where(t => t.Name == T).Select(t =>
            new MaildirSettings(t.Get(Name) ?? "",
                Path.TrimEndingDirectorySeparator(Path.GetFullPath(t.Get(Folder) ?? ".")))
            {
                Of = RuleFilter.Of(t, Of), Listeners = t.Get(Listeners), IsByBox = t.Get(PerBox),
                IsForGroup = t.Get(ForGroup),
            })];

    public static IEnumerable<Mistake> Check(RelayConfiguration all, IReadOnlyList<TableValues> tables)
    {
        var own = tables.Where(t => t.Name == T).ToList();
        var names = all.Submission.Listeners.Select(static one => one.Name).Append("api").ToList();
        var folders = own.Select(t =>
            (t.PlaceOf(Folder), Path.TrimEndingDirectorySeparator(t.Get(Folder) ?? "")));
        foreach (var mistake in CrossChecks.Twice(own.Select(t => (t.PlaceOf(Name), t.Get(Name) ?? "")), "name")
            .Concat(CrossChecks.Twice(folders, "folder"))
            .Concat(own.SelectMany(t => RuleFilter.Check(t, Of))))
            yield return mistake;
        foreach (var t in own)
        {
            if (t.Get(Folder) is { Length: > 0 } folder && !Path.IsPathRooted(folder))
                yield return new Mistake(t.PlaceOf(Folder), $"folder: \"{folder}\" is no absolute path",
                    "write it like \"/var/mail/postroom\"");
            foreach (var name in t.Get(Listeners).Where(one => !names.Contains(one, StringComparer.OrdinalIgnoreCase)))
                yield return new Mistake(t.PlaceOf(Listeners), $"listeners: there is no listener \"{name}\"",
                    Nearest.Advice(name, names, static n => $"\"{n}\""));
        }
    }
}
